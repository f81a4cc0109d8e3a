// What the hand-written C programs share: the input mapped into memory and cut in two at a line's end, two threads,
// a word table keyed by bytes, and a buffered output file.
#ifndef COMMON_H
#define COMMON_H

#define _GNU_SOURCE
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#define THREADS 2

typedef struct { const char *start, *end; } Span;

static inline void fail(const char *what) { perror(what); exit(1); }

static inline void *need(void *memory) { if (!memory) fail("memory"); return memory; }

static inline Span map_file(const char *path) {
    int file = open(path, O_RDONLY);
    struct stat info;
    if (file < 0 || fstat(file, &info)) fail(path);
    if (info.st_size == 0) return (Span){"", ""};
    const char *start = mmap(0, info.st_size, PROT_READ, MAP_PRIVATE, file, 0);
    if (start == MAP_FAILED) fail(path);
    madvise((void *)start, info.st_size, MADV_SEQUENTIAL);
    return (Span){start, start + info.st_size};
}

// The part of the input that belongs to one thread: whole lines.
static inline Span part_of(Span all, int thread) {
    const char *bounds[THREADS + 1] = {all.start};
    for (int i = 1; i <= THREADS; i++) {
        const char *at = all.start + (all.end - all.start) * i / THREADS;
        const char *newline = i == THREADS ? 0 : memchr(at, '\n', all.end - at);
        bounds[i] = newline ? newline + 1 : all.end;
    }
    return (Span){bounds[thread], bounds[thread + 1]};
}

static inline void on_threads(void *(*work)(void *), void *jobs, size_t size) {
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], 0, work, (char *)jobs + i * size)) fail("thread");
    for (int i = 0; i < THREADS; i++) pthread_join(threads[i], 0);
}

static inline FILE *create(const char *path) {
    FILE *file = fopen(path, "w");
    if (!file) fail(path);
    setvbuf(file, 0, _IOFBF, 1 << 20);
    return file;
}

static inline void finish(FILE *file) { if (fclose(file)) fail("output"); }

// A word with a number that the program gives a meaning to. Words point into the mapped input.
typedef struct { const char *word; uint32_t length, hash; uint64_t number; } Entry;
typedef struct { Entry *slots; uint64_t mask, used; } Table;

static inline void table_open(Table *table, uint64_t slots) {
    table->slots = need(calloc(slots, sizeof(Entry)));
    table->mask = slots - 1;
    table->used = 0;
}

static inline void table_grow(Table *table) {
    Table larger;
    table_open(&larger, (table->mask + 1) * 2);
    for (uint64_t i = 0; i <= table->mask; i++) {
        if (!table->slots[i].word) continue;
        uint64_t slot = table->slots[i].hash & larger.mask;
        while (larger.slots[slot].word) slot = (slot + 1) & larger.mask;
        larger.slots[slot] = table->slots[i];
    }
    larger.used = table->used;
    free(table->slots);
    *table = larger;
}

// The entry of a word; a new one has number 0.
static inline Entry *table_find(Table *table, const char *word, uint32_t length, uint32_t hash) {
    if (table->used * 2 > table->mask) table_grow(table);
    uint64_t slot = hash & table->mask;
    for (;; slot = (slot + 1) & table->mask) {
        Entry *entry = &table->slots[slot];
        if (!entry->word) {
            *entry = (Entry){word, length, hash, 0};
            table->used++;
            return entry;
        }
        if (entry->hash == hash && entry->length == length && !memcmp(entry->word, word, length)) return entry;
    }
}

static inline int by_word(const void *left, const void *right) {
    const Entry *a = left, *b = right;
    int order = memcmp(a->word, b->word, a->length < b->length ? a->length : b->length);
    return order ? order : (a->length > b->length) - (a->length < b->length);
}

// Moves the entries to the front, in the order of their words.
static inline uint64_t table_sort(Table *table) {
    uint64_t used = 0;
    for (uint64_t i = 0; i <= table->mask; i++)
        if (table->slots[i].word) table->slots[used++] = table->slots[i];
    qsort(table->slots, used, sizeof(Entry), by_word);
    return used;
}

#endif
