from __future__ import annotations

import threading
from typing import TYPE_CHECKING

from tests.targets.octane.rolling_server import rolling_server

if TYPE_CHECKING:
    from pytest_jama.targets.octane.octane_client import OctaneClient
    from tests.targets.octane.conftest import Connect


def test_one_after_the_other_a_token_that_is_replaced_each_time_needs_one_sign_in(
    connect: Connect,
) -> None:
    with rolling_server() as server:
        client = connect(server.url)
        for _ in range(10):
            client.request("GET", "/releases")
        assert (server.signed_in, server.answered) == (1, 10)


def test_threads_that_replace_each_others_tokens_all_get_their_answers(connect: Connect) -> None:
    failures: list[Exception] = []

    def ask(client: OctaneClient) -> None:
        try:
            for _ in range(10):
                client.request("GET", "/releases")
        except Exception as error:  # noqa: BLE001 - shown by the assertion
            failures.append(error)

    with rolling_server() as server:
        client = connect(server.url)
        threads = [threading.Thread(target=ask, args=(client,)) for _ in range(3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert failures == []
        assert server.answered == 30
