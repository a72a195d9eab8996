"""From return codes of PKCS#11 to words: only two of them speak of a wrong PIN."""

from __future__ import annotations

import pkcs11

from signing import errors

_MEANINGS: dict[type[Exception], type[errors.SigningError]] = {
    pkcs11.PinIncorrect: errors.PinIncorrect,
    pkcs11.PinLocked: errors.PinLocked,
    pkcs11.PinLenRange: errors.PinLength,
    pkcs11.PinInvalid: errors.PinLength,
    pkcs11.PinExpired: errors.PinMustBeChanged,
    pkcs11.UserPinNotInitialized: errors.PinNotInitialised,
    pkcs11.TokenNotPresent: errors.TokenRemoved,
    pkcs11.DeviceRemoved: errors.TokenRemoved,
    pkcs11.SessionHandleInvalid: errors.TokenRemoved,
    pkcs11.SessionClosed: errors.TokenRemoved,
    pkcs11.SlotIDInvalid: errors.TokenRemoved,
    pkcs11.FunctionCancelled: errors.UserCancelled,
}


def explain(error: Exception, *, protected: bool = False) -> errors.SigningError:
    """The error for a person behind whatever a driver raised.

    `protected` says that the PIN was to be typed on the token itself: there a cancelled or failed
    call means that nobody typed. Everything unknown is a fault of the driver, never of the PIN.
    The detail names the code; texts of foreign exceptions are left out, they could hold anything.
    """
    if isinstance(error, errors.SigningError):
        return error
    name = type(error).__name__
    if type(error) is pkcs11.PKCS11Error:
        name = str(error)[:200]
    if protected and isinstance(error, (pkcs11.FunctionCancelled, pkcs11.FunctionRejected)):
        return errors.PinpadTimeout(name)
    return _MEANINGS.get(type(error), errors.DriverError)(name)
