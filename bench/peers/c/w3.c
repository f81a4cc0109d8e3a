// Inverted index: for each of two threads a table of words, each with a list of documents; lists are written in input order.
#include "common.h"

typedef struct { uint32_t *documents; uint32_t used, size; uint32_t last; } List;
typedef struct { const char *id; uint32_t length; } Document;
typedef struct { Span part; Table table; List *lists; uint64_t lists_size; Document *documents; uint32_t documents_used, documents_size; } Job;

static void append(List *list, uint32_t document) {
    if (list->used && list->last == document) return;
    if (list->used == list->size) list->documents = need(realloc(list->documents, (list->size = list->size ? list->size * 2 : 4) * sizeof(uint32_t)));
    list->documents[list->used++] = document;
    list->last = document;
}

static void *index_part(void *argument) {
    Job *job = argument;
    const char *at = job->part.start, *end = job->part.end;
    table_open(&job->table, 1 << 16);
    job->lists = need(calloc(job->lists_size = 1 << 16, sizeof(List)));
    while (at < end) {
        const char *tab = memchr(at, '\t', end - at);
        if (!tab) { fprintf(stderr, "w3: a line without a TAB\n"); exit(1); }
        if (job->documents_used == job->documents_size)
            job->documents = need(realloc(job->documents, (job->documents_size = job->documents_size ? job->documents_size * 2 : 4096) * sizeof(Document)));
        uint32_t document = job->documents_used++;
        job->documents[document] = (Document){at, tab - at};
        for (at = tab + 1;; at++) {
            const char *word = at;
            uint32_t hash = 2166136261u;
            while (at < end && *at != ' ' && *at != '\n') hash = (hash ^ (unsigned char)*at++) * 16777619u;
            hash ^= hash >> 15;
            Entry *entry = table_find(&job->table, word, at - word, hash);
            if (!entry->number) {
                entry->number = job->table.used;
                if (job->table.used >= job->lists_size) {
                    job->lists = need(realloc(job->lists, job->lists_size * 2 * sizeof(List)));
                    memset(job->lists + job->lists_size, 0, job->lists_size * sizeof(List));
                    job->lists_size *= 2;
                }
            }
            append(&job->lists[entry->number], document);
            if (at >= end || *at == '\n') break;
        }
        at++;
    }
    table_sort(&job->table);
    return 0;
}

static void write_list(FILE *out, Job *job, Entry *entry, char separator) {
    List *list = &job->lists[entry->number];
    for (uint32_t i = 0; i < list->used; i++) {
        Document *document = &job->documents[list->documents[i]];
        putc_unlocked(separator, out);
        fwrite_unlocked(document->id, 1, document->length, out);
        separator = ' ';
    }
}

int main(int argc, char **argv) {
    if (argc != 3) return fprintf(stderr, "usage: w3 INPUT OUTPUT\n"), 2;
    Span all = map_file(argv[1]);
    Job jobs[THREADS];
    memset(jobs, 0, sizeof jobs);
    for (int i = 0; i < THREADS; i++) jobs[i].part = part_of(all, i);
    on_threads(index_part, jobs, sizeof(Job));
    FILE *out = create(argv[2]);
    uint64_t at[THREADS] = {0};
    for (;;) {
        Entry *least = 0;
        for (int i = 0; i < THREADS; i++)
            if (at[i] < jobs[i].table.used && (!least || by_word(&jobs[i].table.slots[at[i]], least) < 0)) least = &jobs[i].table.slots[at[i]];
        if (!least) break;
        fwrite(least->word, 1, least->length, out);
        char separator = '\t';
        Entry word = *least;
        for (int i = 0; i < THREADS; i++)
            if (at[i] < jobs[i].table.used && !by_word(&jobs[i].table.slots[at[i]], &word)) {
                write_list(out, &jobs[i], &jobs[i].table.slots[at[i]++], separator);
                separator = ' ';
            }
        putc('\n', out);
    }
    finish(out);
    return 0;
}
