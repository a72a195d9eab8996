/*
 * The few declarations of PKCS#11 v2.40 that the fault library needs, written for it from the
 * published interface: sizes, order and values only. Entries of the function list that we merely pass
 * on are kept as plain pointers.
 */
#ifndef FAULT_P11_H
#define FAULT_P11_H

typedef unsigned char byte;
typedef unsigned long number;

struct version { byte major, minor; };

struct token_info {
    byte label[32], manufacturer[32], model[16], serial[16];
    number flags;
    number max_sessions, sessions, max_rw_sessions, rw_sessions;
    number max_pin_length, min_pin_length;
    number total_public, free_public, total_private, free_private;
    struct version hardware, firmware;
    byte utc_time[16];
};

struct attribute { number type; void *value; number length; };

/* Places in the function list, counted from 0 after the version. */
enum {
    AT_C_GetFunctionList = 3, AT_C_GetSlotList = 4, AT_C_GetTokenInfo = 6,
    AT_C_GetMechanismList = 7, AT_C_InitToken = 9,
    AT_C_InitPIN = 10, AT_C_SetPIN = 11, AT_C_OpenSession = 12, AT_C_CloseSession = 13,
    AT_C_Login = 18, AT_C_Logout = 19, AT_C_CreateObject = 20, AT_C_CopyObject = 21,
    AT_C_DestroyObject = 22, AT_C_GetAttributeValue = 24, AT_C_SetAttributeValue = 25,
    AT_C_FindObjectsInit = 26, AT_C_SignInit = 42, AT_C_Sign = 43, AT_C_SignUpdate = 44,
    AT_C_SignFinal = 45, AT_C_GenerateKey = 58, AT_C_GenerateKeyPair = 59, AT_C_UnwrapKey = 61,
    AT_C_DeriveKey = 62, FUNCTIONS = 68
};

struct function_list { struct version version; void *at[FUNCTIONS]; };

enum {
    OK = 0x0, SLOT_ID_INVALID = 0x3, ARGUMENTS_BAD = 0x7, DEVICE_REMOVED = 0x32,
    PIN_INCORRECT = 0xA0, PIN_LOCKED = 0xA4, TOKEN_NOT_PRESENT = 0xE0, TOKEN_NOT_RECOGNIZED = 0xE1,
    USER_NOT_LOGGED_IN = 0x101, MECHANISM_INVALID = 0x70, BUFFER_TOO_SMALL = 0x150
};
enum { USER = 1, CONTEXT_SPECIFIC = 2 };
enum { RW_SESSION = 0x2 };
enum { ALWAYS_AUTHENTICATE = 0x202 };
enum {
    PROTECTED_PATH = 0x100, COUNT_LOW = 0x10000, FINAL_TRY = 0x20000, LOCKED = 0x40000
};

#endif
