"""Where photos and videos are kept: the protocol, the keys, and the local disk."""

from integrations.storage.disk import LocalStorage
from integrations.storage.protocol import InvalidKey, NotStored, Storage, check_key, new_key

__all__ = ["InvalidKey", "LocalStorage", "NotStored", "Storage", "check_key", "new_key"]
