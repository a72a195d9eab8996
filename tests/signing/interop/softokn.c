/*
 * The software token of NSS (libsoftokn3) as any program finds a PKCS#11 module.
 *
 * NSS wants to be told its database in C_Initialize, in the field that the standard keeps reserved
 * (its own callers pass it there); programs that know only the standard pass nothing. So this hands
 * over what the environment says and leaves every other function to NSS itself.
 *
 * Environment: SOFTOKN_LIBRARY      the real libsoftokn3.so
 *              SOFTOKN_PARAMETERS   configdir='sql:…' and so on, as NSS documents them
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdlib.h>
#include <string.h>

#include "p11.h"

struct initialize { void *create, *destroy, *lock, *unlock; number flags; void *reserved; };

static struct function_list *real;
static struct function_list ours;

static number f_Initialize(struct initialize *given) {
    struct initialize told;
    memset(&told, 0, sizeof told);
    if (given) told = *given;
    told.reserved = getenv("SOFTOKN_PARAMETERS");
    return ((number(*)(void *))real->at[0])(&told);
}

number C_GetFunctionList(struct function_list **list) {
    const char *path = getenv("SOFTOKN_LIBRARY");
    void *library = dlopen(path ? path : "libsoftokn3.so", RTLD_NOW);
    number (*get)(struct function_list **);
    number code;
    if (!library) return 0x5;
    *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (!get || (code = get(&real))) return 0x5;
    ours = *real;
    ours.at[0] = (void *)f_Initialize;
    *list = &ours;
    return OK;
}
