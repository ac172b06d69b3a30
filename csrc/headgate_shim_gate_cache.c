/* Files that may be started with any arguments, as the daemon said; one that changed is another file. */

#include "headgate_shim_gate.h"

#ifdef __linux__

#include <stdlib.h>
#include <string.h>

#define SLOTS 4096 /* a power of two */
#define PROBES 8
#define RECENT_MS 2000

struct known {
    dev_t device;
    ino_t number;
    off_t size;
    struct timespec written, changed;
    uint64_t name; /* what it was started as: some files are many programs */
};

struct recent {
    uint64_t digest;
    long long until; /* a time of now_ms */
};

struct cache {
    struct known slots[SLOTS];
    struct recent recent[SLOTS]; /* starts that may be repeated just as they were, for a moment */
};

struct cache *new_cache(void)
{
    return calloc(1, sizeof(struct cache));
}

static uint64_t mix(uint64_t digest, const char *text)
{
    const char *slash = strrchr(text, '/');

    for (text = slash ? slash + 1 : text; *text != '\0'; text++)
        digest = (digest ^ (unsigned char)*text) * 1099511628211ULL;
    return (digest ^ '/') * 1099511628211ULL;
}

static struct known known_of(const struct start *start)
{
    struct known known;

    memset(&known, 0, sizeof known); /* slots are compared as bytes */
    known.device = start->file.st_dev;
    known.number = start->file.st_ino;
    known.size = start->file.st_size;
    known.written = start->file.st_mtim;
    known.changed = start->file.st_ctim;
    known.name = mix(14695981039346656037ULL, start->path);
    known.name = mix(known.name, start->words.length > 0 ? start->words.bytes : "") | 1;
    return known;
}

static size_t slot_of(const struct known *known)
{
    return (size_t)((known->number * 2654435761ULL) ^ known->name) & (SLOTS - 1);
}

int is_known(const struct cache *cache, const struct start *start)
{
    struct known known = known_of(start);
    size_t slot = slot_of(&known), i;

    for (i = 0; i < PROBES; i++)
        if (memcmp(&cache->slots[(slot + i) & (SLOTS - 1)], &known, sizeof known) == 0)
            return 1;
    return 0;
}

void remember(struct cache *cache, const struct start *start)
{
    struct known known = known_of(start);
    size_t slot = slot_of(&known), i;

    for (i = 0; i < PROBES - 1 && cache->slots[(slot + i) & (SLOTS - 1)].name != 0; i++) {
    }
    cache->slots[(slot + i) & (SLOTS - 1)] = known;
}

/* A number for all that a start was decided by: file, path, words, directory, variables. */
static uint64_t whole_of(const struct start *start)
{
    uint64_t digest = digest_of(start);
    size_t i;

    for (i = 0; start->cwd[i] != '\0'; i++)
        digest = (digest ^ (unsigned char)start->cwd[i]) * 1099511628211ULL;
    for (i = 0; i < start->variables.length; i++)
        digest = (digest ^ (unsigned char)start->variables.bytes[i]) * 1099511628211ULL;
    digest = (digest ^ (uint64_t)start->file.st_mtim.tv_nsec) * 1099511628211ULL;
    digest = (digest ^ (uint64_t)start->file.st_ctim.tv_nsec) * 1099511628211ULL;
    return (digest ^ (unsigned char)start->input) * 1099511628211ULL | 1;
}

int was_just_let(const struct cache *cache, const struct start *start)
{
    uint64_t digest = whole_of(start);
    const struct recent *found = &cache->recent[digest >> 8 & (SLOTS - 1)];

    return found->digest == digest && now_ms() < found->until;
}

void remember_for_now(struct cache *cache, const struct start *start)
{
    uint64_t digest = whole_of(start);
    struct recent *slot = &cache->recent[digest >> 8 & (SLOTS - 1)];

    slot->digest = digest;
    slot->until = now_ms() + RECENT_MS;
}

void forget(struct cache *cache)
{
    memset(cache, 0, sizeof *cache);
}

#endif
