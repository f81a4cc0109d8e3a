// Word count: a hash table for each of two threads, merged, sorted.
#include "common.h"

typedef struct { Span part; Table table; } Job;

static void *count(void *argument) {
    Job *job = argument;
    Table table;
    table_open(&table, 1 << 16);
    const char *at = job->part.start, *end = job->part.end;
    while (at < end) {
        const char *word = at;
        uint32_t hash = 2166136261u;
        while (at < end && *at != ' ' && *at != '\n') hash = (hash ^ (unsigned char)*at++) * 16777619u;
        hash ^= hash >> 15;
        table_find(&table, word, at - word, hash)->number++;
        at++;
    }
    job->table = table;
    return 0;
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "usage: w1 INPUT OUTPUT\n"), 2;
    Span all = map_file(argv[1]);
    Job jobs[THREADS];
    for (int i = 0; i < THREADS; i++) jobs[i].part = part_of(all, i);
    on_threads(count, jobs, sizeof(Job));
    Table *total = &jobs[0].table;
    for (int i = 1; i < THREADS; i++)
        for (uint64_t slot = 0; slot <= jobs[i].table.mask; slot++) {
            Entry *entry = &jobs[i].table.slots[slot];
            if (entry->word) table_find(total, entry->word, entry->length, entry->hash)->number += entry->number;
        }
    uint64_t used = table_sort(total);
    FILE *out = create(argv[2]);
    for (uint64_t i = 0; i < used; i++) {
        fwrite(total->slots[i].word, 1, total->slots[i].length, out);
        fprintf(out, "\t%lu\n", total->slots[i].number);
    }
    finish(out);
    return 0;
}
