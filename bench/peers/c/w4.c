// Total sort: 8 bytes of key and a record number each, sorted in two halves, merged, written.
#include "common.h"

#define RECORD 100
#define KEY 10

typedef struct { uint64_t prefix; uint32_t rest, record; } Item;
typedef struct { const char *start; Item *items, *spare; uint32_t first, count; } Job;

// Least significant digit first over the 10 bytes of the key, 16 bits a pass; stable.
static void *sort_part(void *argument) {
    Job *job = argument;
    Item *from = job->items + job->first, *to = job->spare + job->first;
    for (uint32_t i = 0; i < job->count; i++) {
        const char *key = job->start + (uint64_t)(job->first + i) * RECORD;
        uint64_t prefix;
        uint16_t rest;
        memcpy(&prefix, key, 8);
        memcpy(&rest, key + 8, 2);
        from[i] = (Item){__builtin_bswap64(prefix), __builtin_bswap16(rest), job->first + i};
    }
    for (int pass = 0; pass < 5; pass++) {
        static __thread uint32_t counts[65537];
        memset(counts, 0, sizeof counts);
        #define DIGIT(item) (pass == 0 ? (item).rest : (uint32_t)((item).prefix >> (16 * (pass - 1)) & 65535))
        for (uint32_t i = 0; i < job->count; i++) counts[DIGIT(from[i]) + 1]++;
        for (int i = 0; i < 65536; i++) counts[i + 1] += counts[i];
        for (uint32_t i = 0; i < job->count; i++) to[counts[DIGIT(from[i])]++] = from[i];
        Item *swap = from;
        from = to;
        to = swap;
    }
    // Five passes leave the result in the spare array; bring it back.
    memcpy(to, from, job->count * sizeof(Item));
    return 0;
}

static int less(const Item *a, const Item *b) {
    return a->prefix != b->prefix ? a->prefix < b->prefix : a->rest < b->rest;
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "usage: w4 INPUT OUTPUT\n"), 2;
    Span all = map_file(argv[1]);
    madvise((void *)all.start, all.end - all.start, MADV_NORMAL);
    uint32_t records = (all.end - all.start) / RECORD;
    if ((all.end - all.start) % RECORD) { fprintf(stderr, "w4: records of %d bytes are wanted\n", RECORD); return 1; }
    Item *items = need(malloc((records + 1) * sizeof(Item))), *spare = need(malloc((records + 1) * sizeof(Item)));
    Job jobs[THREADS];
    uint32_t half = records / 2;
    jobs[0] = (Job){all.start, items, spare, 0, half};
    jobs[1] = (Job){all.start, items, spare, half, records - half};
    on_threads(sort_part, jobs, sizeof(Job));
    FILE *out = create(argv[2]);
    for (uint32_t a = 0, b = half; a < half || b < records;) {
        const Item *next = b == records || (a < half && !less(&items[b], &items[a])) ? &items[a++] : &items[b++];
        fwrite_unlocked(all.start + (uint64_t)next->record * RECORD, 1, RECORD, out);
    }
    finish(out);
    return 0;
}
