// Sum by key: pairs are scattered by the first bits of the key, so that each bucket is sorted and summed in the cache.
// Keys of at most 8 bytes are one number; longer keys are refused.
#include "common.h"

#define BUCKETS 4096

typedef struct { uint64_t key; int64_t number; } Pair;
typedef struct { Pair *pairs; uint32_t used, size; } Bucket;
typedef struct { Span part; Bucket *buckets; int thread; struct Shared *shared; } Job;
typedef struct { char *text; size_t used, size; } Text;
typedef struct Shared { Job *jobs; Text texts[BUCKETS]; } Shared;

// The least and the greatest key: buckets divide what lies between, in key order.
static uint64_t low, high;

static inline uint32_t bucket_of(uint64_t key) {
    return (uint32_t)((unsigned __int128)(key - low) * BUCKETS / ((unsigned __int128)(high - low) + 1));
}

static inline const char *parse(const char *at, const char *end, Pair *pair) {
    const char *tab = memchr(at, '\t', end - at);
    if (!tab || tab - at > 8) { fprintf(stderr, "w2: a line without a key of at most 8 bytes\n"); exit(1); }
    uint64_t key = 0;
    memcpy(&key, at, tab - at);
    pair->key = __builtin_bswap64(key);
    int64_t number = 0;
    int negative = 0;
    for (at = tab + 1; at < end && *at != '\n'; at++)
        if (*at == '-') negative = 1; else number = number * 10 + (*at - '0');
    pair->number = negative ? -number : number;
    return at + 1;
}

static void *range(void *argument) {
    Job *job = argument;
    uint64_t least = UINT64_MAX, most = 0;
    for (const char *at = job->part.start; at < job->part.end;) {
        const char *tab = memchr(at, '\t', job->part.end - at);
        uint64_t key = 0;
        if (!tab || tab - at > 8) { fprintf(stderr, "w2: a line without a key of at most 8 bytes\n"); exit(1); }
        memcpy(&key, at, tab - at);
        key = __builtin_bswap64(key);
        if (key < least) least = key;
        if (key > most) most = key;
        const char *newline = memchr(tab, '\n', job->part.end - tab);
        at = newline ? newline + 1 : job->part.end;
    }
    static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    pthread_mutex_lock(&gate);
    if (least < low) low = least;
    if (most > high) high = most;
    pthread_mutex_unlock(&gate);
    return 0;
}

static void *scatter(void *argument) {
    Job *job = argument;
    job->buckets = need(calloc(BUCKETS, sizeof(Bucket)));
    for (const char *at = job->part.start; at < job->part.end;) {
        Pair pair;
        at = parse(at, job->part.end, &pair);
        Bucket *bucket = &job->buckets[bucket_of(pair.key)];
        if (bucket->used == bucket->size) {
            bucket->size = bucket->size ? bucket->size * 2 : 256;
            bucket->pairs = need(realloc(bucket->pairs, bucket->size * sizeof(Pair)));
        }
        bucket->pairs[bucket->used++] = pair;
    }
    return 0;
}

static int by_key(const void *left, const void *right) {
    uint64_t a = ((const Pair *)left)->key, b = ((const Pair *)right)->key;
    return (a > b) - (a < b);
}

static void write_sum(Text *text, uint64_t key, int64_t sum) {
    if (text->used + 40 > text->size) text->text = need(realloc(text->text, text->size = text->size ? text->size * 2 : 4096));
    char bytes[9] = {0};
    uint64_t swapped = __builtin_bswap64(key);
    memcpy(bytes, &swapped, 8);
    size_t length = strnlen(bytes, 8);
    memcpy(text->text + text->used, bytes, length);
    text->used += length;
    text->text[text->used++] = '\t';
    char digits[24];
    int at = 24;
    uint64_t rest = sum < 0 ? -sum : sum;
    do digits[--at] = '0' + rest % 10; while (rest /= 10);
    if (sum < 0) digits[--at] = '-';
    memcpy(text->text + text->used, digits + at, 24 - at);
    text->used += 24 - at;
    text->text[text->used++] = '\n';
}

static void *sum_buckets(void *argument) {
    Job *job = argument;
    Pair *pairs = 0;
    size_t size = 0;
    for (int b = job->thread; b < BUCKETS; b += THREADS) {
        size_t used = 0, all = 0;
        for (int t = 0; t < THREADS; t++) all += job->shared->jobs[t].buckets[b].used;
        if (all > size) pairs = need(realloc(pairs, (size = all) * sizeof(Pair)));
        for (int t = 0; t < THREADS; t++) {
            Bucket *bucket = &job->shared->jobs[t].buckets[b];
            if (bucket->used) memcpy(pairs + used, bucket->pairs, bucket->used * sizeof(Pair));
            used += bucket->used;
        }
        if (used) qsort(pairs, used, sizeof(Pair), by_key);
        for (size_t i = 0; i < used;) {
            uint64_t key = pairs[i].key;
            int64_t sum = 0;
            for (; i < used && pairs[i].key == key; i++) sum += pairs[i].number;
            write_sum(&job->shared->texts[b], key, sum);
        }
    }
    free(pairs);
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "usage: w2 INPUT OUTPUT\n"), 2;
    Span all = map_file(argv[1]);
    Job jobs[THREADS];
    Shared *shared = need(calloc(1, sizeof(Shared)));
    shared->jobs = jobs;
    low = UINT64_MAX;
    for (int i = 0; i < THREADS; i++) jobs[i] = (Job){part_of(all, i), 0, i, shared};
    on_threads(range, jobs, sizeof(Job));
    on_threads(scatter, jobs, sizeof(Job));
    on_threads(sum_buckets, jobs, sizeof(Job));
    FILE *out = create(argv[2]);
    for (int b = 0; b < BUCKETS; b++) fwrite(shared->texts[b].text, 1, shared->texts[b].used, out);
    finish(out);
    return 0;
}
