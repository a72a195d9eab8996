/*
 * A PKCS#11 module that passes everything on to another one and misbehaves on request, so that tests can
 * have a locked, pulled, hanging or crashing token.
 *
 * Environment: FAULT_PKCS11_REAL      the module behind (SoftHSM2, NSS)
 *              FAULT_PKCS11_CONTROL   a text file, read again at every call, one order per line:
 *
 *   fail FUNCTION CODE [AFTER]   return CODE, letting AFTER calls pass first
 *   hang FUNCTION [AFTER]        never return          crash FUNCTION [AFTER]   abort
 *   wait FUNCTION [AFTER]        do not go on while this is ordered
 *   gone 1                       the token has been pulled out
 *   bad_label NAME               the slot whose token has this label answers TOKEN_NOT_RECOGNIZED
 *   tries N                      lock after N wrong PINs (kept in CONTROL.wrong.SLOT)
 *   no_flags 1                   never set a warning flag, as some drivers do
 *   flags MASK                   set these token flags
 *   always_authenticate 1        keys ask for the PIN at every signature; 2: and do not say so
 *   pad PIN                      the PIN is typed on the token; passing one is an error
 *   bad_signature 1              return a signature with one bit turned
 *   hide MECHANISM               neither list this mechanism nor sign with it
 *
 * Every call is written as one line to CONTROL.calls; "C_OpenSession RW" marks a writing session.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "p11.h"

static struct function_list *real;
static struct function_list ours;
static number session_slots[4096];
static byte known_pin[256];
static number known_pin_length;
static int authorised;

#define CALL(name, types, ...) ((number(*) types)real->at[AT_##name])(__VA_ARGS__)

static const char *control_path(void) {
    const char *path = getenv("FAULT_PKCS11_CONTROL");
    return path ? path : "/dev/null";
}

/* The rest of the control line that begins with `order` (and `name`); 0 when there is none. */
static int ordered(const char *order, const char *name, char *rest, size_t room) {
    char line[512], wanted[128];
    int found = 0;
    FILE *file = fopen(control_path(), "r");
    if (!file) return 0;
    snprintf(wanted, sizeof wanted, name ? "%s %s" : "%s", order, name);
    while (!found && fgets(line, sizeof line, file)) {
        size_t length = strlen(wanted);
        line[strcspn(line, "\r\n")] = 0;
        if (strncmp(line, wanted, length) == 0 && (line[length] == ' ' || !line[length])) {
            snprintf(rest, room, "%s", line[length] ? line + length + 1 : "");
            found = 1;
        }
    }
    fclose(file);
    return found;
}

static number setting(const char *order) {
    char rest[256];
    return ordered(order, NULL, rest, sizeof rest) ? strtoul(rest, NULL, 0) : 0;
}

static void note(const char *call) {
    char path[600];
    FILE *file;
    snprintf(path, sizeof path, "%s.calls", control_path());
    file = fopen(path, "a");
    if (file) {
        fprintf(file, "%s\n", call);
        fclose(file);
    }
}

/* What the control file orders for this call; `passed` counts the calls let through. */
static number fault(const char *name, int *passed) {
    char rest[256];
    unsigned long code, after = 0;
    if (ordered("crash", name, rest, sizeof rest) && *passed >= atoi(rest)) abort();
    if (ordered("hang", name, rest, sizeof rest) && *passed >= atoi(rest))
        for (;;) sleep(3600);
    while (ordered("wait", name, rest, sizeof rest) && *passed >= atoi(rest)) usleep(20000);
    if (ordered("fail", name, rest, sizeof rest)) {
        sscanf(rest, "%li %lu", (long *)&code, &after);
        if ((unsigned long)*passed >= after) return code;
    }
    ++*passed;
    return OK;
}

#define ENTER(name)                            \
    static int passed;                         \
    number ordered_code;                       \
    note(#name);                               \
    ordered_code = fault(#name, &passed);      \
    if (ordered_code) return ordered_code

static int wrong_tries(number slot, int change_to) {
    char path[600];
    int tries = 0;
    FILE *file;
    snprintf(path, sizeof path, "%s.wrong.%lu", control_path(), slot);
    if (change_to >= 0) {
        file = fopen(path, "w");
        if (file) {
            fprintf(file, "%d", change_to);
            fclose(file);
        }
        return change_to;
    }
    file = fopen(path, "r");
    if (file) {
        if (fscanf(file, "%d", &tries) != 1) tries = 0;
        fclose(file);
    }
    return tries;
}

static number slot_of(number session) { return session_slots[session % 4096]; }

static number f_GetSlotList(byte present, number *slots, number *count) {
    ENTER(C_GetSlotList);
    if (present && setting("gone")) {
        *count = 0;
        return OK;
    }
    return CALL(C_GetSlotList, (byte, number *, number *), present, slots, count);
}

static number f_GetTokenInfo(number slot, struct token_info *info) {
    char label[64];
    number code, tries = setting("tries");
    ENTER(C_GetTokenInfo);
    if (setting("gone")) return TOKEN_NOT_PRESENT;
    code = CALL(C_GetTokenInfo, (number, struct token_info *), slot, info);
    if (code) return code;
    if (ordered("bad_label", NULL, label, sizeof label) &&
        strncmp((char *)info->label, label, strlen(label)) == 0 && info->label[strlen(label)] == ' ')
        return TOKEN_NOT_RECOGNIZED;
    info->flags &= ~(number)(COUNT_LOW | FINAL_TRY | LOCKED);
    if (tries && !setting("no_flags")) {
        int wrong = wrong_tries(slot, -1);
        if (wrong > 0) info->flags |= COUNT_LOW;
        if (wrong + 1 == (int)tries) info->flags |= FINAL_TRY;
        if (wrong >= (int)tries) info->flags |= LOCKED;
    }
    if (ordered("pad", NULL, label, sizeof label)) info->flags |= PROTECTED_PATH;
    info->flags |= setting("flags");
    return OK;
}

static number f_OpenSession(number slot, number flags, void *application, void *notify,
                            number *session) {
    number code;
    ENTER(C_OpenSession);
    if (flags & RW_SESSION) note("C_OpenSession RW");
    if (setting("gone")) return TOKEN_NOT_PRESENT;
    code = CALL(C_OpenSession, (number, number, void *, void *, number *), slot, flags, application,
                notify, session);
    if (!code) session_slots[*session % 4096] = slot;
    return code;
}

static number login_once(number session, number user, byte *pin, number length) {
    number code;
    if (user != CONTEXT_SPECIFIC) {
        code = CALL(C_Login, (number, number, byte *, number), session, user, pin, length);
        if (!code && length <= sizeof known_pin) {
            memcpy(known_pin, pin, length);
            known_pin_length = length;
        }
        return code;
    }
    if (length != known_pin_length || memcmp(pin, known_pin, length)) return PIN_INCORRECT;
    authorised = 1;
    return OK;
}

number C_Login(number session, number user, byte *pin, number length) {
    char pad[128];
    number code, tries = setting("tries");
    int wrong;
    ENTER(C_Login);
    if (setting("gone")) return DEVICE_REMOVED;
    if (ordered("pad", NULL, pad, sizeof pad)) {
        if (pin) {
            note("C_Login WITH PIN");
            return ARGUMENTS_BAD;
        }
        pin = (byte *)pad;
        length = strlen(pad);
    }
    wrong = wrong_tries(slot_of(session), -1);
    if (tries && wrong >= (int)tries) return PIN_LOCKED;
    code = login_once(session, user, pin, length);
    if (tries && code == PIN_INCORRECT) wrong_tries(slot_of(session), wrong + 1);
    if (tries && code == OK) wrong_tries(slot_of(session), 0);
    return code;
}

static number f_GetAttributeValue(number session, number object, struct attribute *list,
                                  number count) {
    number index, code;
    ENTER(C_GetAttributeValue);
    code = CALL(C_GetAttributeValue, (number, number, struct attribute *, number), session, object,
                list, count);
    for (index = 0; index < count && setting("always_authenticate") == 1; ++index)
        if (list[index].type == ALWAYS_AUTHENTICATE && list[index].value && list[index].length == 1)
            *(byte *)list[index].value = 1;
    return code;
}

static number f_GetMechanismList(number slot, number *list, number *count) {
    number all[1024], known = 1024, left = 0, index, code, hidden = setting("hide");
    ENTER(C_GetMechanismList);
    code = CALL(C_GetMechanismList, (number, number *, number *), slot, all, &known);
    if (code) return code;
    for (index = 0; index < known; ++index)
        if (!hidden || all[index] != hidden) all[left++] = all[index];
    if (list && *count < left) code = BUFFER_TOO_SMALL;
    if (list && !code) memcpy(list, all, left * sizeof *list);
    *count = left;
    return code;
}

static number f_SignInit(number session, void *mechanism, number key) {
    ENTER(C_SignInit);
    authorised = 0;
    if (setting("gone")) return DEVICE_REMOVED;
    if (setting("hide") && setting("hide") == *(number *)mechanism) return MECHANISM_INVALID;
    return CALL(C_SignInit, (number, void *, number), session, mechanism, key);
}

/* Checked only where a signature is really asked for, not where its length is. */
static number before_signature(const char *name, int *passed) {
    note(name);
    if (setting("gone")) return DEVICE_REMOVED;
    if (setting("always_authenticate") && !authorised) return USER_NOT_LOGGED_IN;
    return fault(name, passed);
}

static void after_signature(number code, byte *signature) {
    if (!code && setting("bad_signature")) signature[5] ^= 1;
}

static number f_Sign(number session, byte *data, number length, byte *signature, number *room) {
    static int passed;
    number code;
    if (signature && (code = before_signature("C_Sign", &passed))) {
        number unused = 65536;
        byte *scratch = malloc(unused);
        /* End the operation of the module behind, as a real one would. */
        CALL(C_Sign, (number, byte *, number, byte *, number *), session, data, length, scratch,
             &unused);
        free(scratch);
        return code;
    }
    code = CALL(C_Sign, (number, byte *, number, byte *, number *), session, data, length, signature,
                room);
    if (signature) after_signature(code, signature);
    return code;
}

static number f_SignFinal(number session, byte *signature, number *room) {
    static int passed;
    number code;
    if (signature && (code = before_signature("C_SignFinal", &passed))) return code;
    code = CALL(C_SignFinal, (number, byte *, number *), session, signature, room);
    if (signature) after_signature(code, signature);
    return code;
}

/* Calls that alter a token: noted, then passed on with as many arguments as any of them has. */
#define ALTERING(name)                                                                      \
    static number f_##name(void *a, void *b, void *c, void *d, void *e, void *f, void *g,   \
                           void *h) {                                                       \
        note(#name);                                                                        \
        return CALL(name, (void *, void *, void *, void *, void *, void *, void *, void *), \
                    a, b, c, d, e, f, g, h);                                                \
    }

ALTERING(C_InitToken)
ALTERING(C_InitPIN)
ALTERING(C_SetPIN)
ALTERING(C_CreateObject)
ALTERING(C_CopyObject)
ALTERING(C_DestroyObject)
ALTERING(C_SetAttributeValue)
ALTERING(C_GenerateKey)
ALTERING(C_GenerateKeyPair)
ALTERING(C_UnwrapKey)
ALTERING(C_DeriveKey)

number C_GetFunctionList(struct function_list **list) {
    const char *path = getenv("FAULT_PKCS11_REAL");
    void *library = dlopen(path ? path : "libsofthsm2.so", RTLD_NOW);
    number (*get)(struct function_list **);
    number code;
    if (!library) return 0x5;
    *(void **)&get = dlsym(library, "C_GetFunctionList");
    if (!get || (code = get(&real))) return 0x5;
    ours = *real;
    ours.at[AT_C_GetFunctionList] = (void *)C_GetFunctionList;
    ours.at[AT_C_Login] = (void *)C_Login;
#define OURS(name) ours.at[AT_C_##name] = (void *)f_##name
    OURS(GetSlotList);
    OURS(GetTokenInfo);
    OURS(OpenSession);
    OURS(GetAttributeValue);
    OURS(GetMechanismList);
    OURS(SignInit);
    OURS(Sign);
    OURS(SignFinal);
#define NOTED(name) ours.at[AT_##name] = (void *)f_##name
    NOTED(C_InitToken);
    NOTED(C_InitPIN);
    NOTED(C_SetPIN);
    NOTED(C_CreateObject);
    NOTED(C_CopyObject);
    NOTED(C_DestroyObject);
    NOTED(C_SetAttributeValue);
    NOTED(C_GenerateKey);
    NOTED(C_GenerateKeyPair);
    NOTED(C_UnwrapKey);
    NOTED(C_DeriveKey);
    *list = &ours;
    return OK;
}
