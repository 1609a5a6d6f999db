"""What reaches beyond this machine, put together: pushes, and the cipher's keys. Raises `BadVariable`."""

from contextlib import AsyncExitStack

from halobestie_adapters.crypto.chat import AesChatCipher, BadChatKeys
from halobestie_adapters.fcm.account import BadServiceAccount, ServiceAccount
from halobestie_adapters.fcm.sender import FcmSender
from halobestie_adapters.fcm.sender import new_client as fcm_client
from halobestie_app.environment import BadVariable, Environment
from halobestie_app.metrics import Metrics
from halobestie_app.workers.pushes import LoggedPushes
from halobestie_core.ports.push import PushSender


def cipher(env: Environment) -> AesChatCipher:
    """Make the cipher of what people write. Raises `BadVariable`."""
    try:
        return AesChatCipher([secret.reveal().encode() for secret in env.chat_encryption_keys])
    except BadChatKeys as wrong:
        raise BadVariable("CHAT_ENCRYPTION_KEYS", str(wrong)) from None


async def push_sender(env: Environment, stack: AsyncExitStack, metrics: Metrics) -> PushSender:
    """FCM, or the log where no service account is set up. Raises `BadVariable`."""
    path = env.firebase_service_account_path
    if path is None:
        return LoggedPushes()
    try:
        account = ServiceAccount.read(path)
    except BadServiceAccount as wrong:
        raise BadVariable("FIREBASE_SERVICE_ACCOUNT_PATH", str(wrong)) from None
    sender = FcmSender(await stack.enter_async_context(fcm_client()), env.fcm_base_url, account)
    metrics.show_breaker("fcm", lambda: sender.breaker.is_open)
    return sender
