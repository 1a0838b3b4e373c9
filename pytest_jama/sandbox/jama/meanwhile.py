"""What other people do at Jama while an upload goes on, for tests."""

from collections.abc import Sequence
from typing import Any

from pytest_jama.sandbox.database import Database
from pytest_jama.sandbox.jama import nodes
from pytest_jama.sandbox.jama.accounts import TESTER_ID
from pytest_jama.sandbox.jama.statuses import status_from_steps


class Meanwhile:
    """The part of a store that changes what is there already."""

    database: Database

    def set_lock(self, node_id: int, locked_by: int | None = TESTER_ID) -> None:
        """Lock a run (or anything else) for a user, by default another user; None unlocks."""
        nodes.set_lock(self.database, node_id, locked_by)

    def set_archived(self, plan_id: int, *, archived: bool = True) -> None:
        """Archive a plan, or bring it back."""
        self.database.update("nodes", {"archived": archived}, id=plan_id)

    def bump_case_version(self, case_id: int) -> int:
        """Save a case again, so that its runs become stale; return the new version."""
        node = nodes.get_node(self.database, case_id, "items")
        nodes.save_fields(self.database, node, node.fields, user=TESTER_ID)
        return node.version + 1

    def change_case(self, case_id: int, **fields: Any) -> int:
        """Save a case with other values of some fields; return the new version.

        Args:
            case_id: The case.
            fields: Values by name, such as ``name`` or ``testCaseSteps``.
        """
        node = nodes.get_node(self.database, case_id, "items")
        nodes.save_fields(self.database, node, {**node.fields, **fields}, user=TESTER_ID)
        return node.version + 1

    def delete_case(self, case_id: int) -> None:
        """Delete a test case; its runs stay."""
        nodes.deactivate(self.database, id=case_id)

    def delete_attachment(self, attachment_id: int) -> None:
        """Delete an attachment with its file, wherever it is attached."""
        nodes.deactivate(self.database, id=attachment_id)

    def renumber(self, node_id: int, document_key: str) -> str:
        """Give a case (or another item) another document key, as admins can.

        What has that key by now gets the old one in exchange, so that a key means another item.

        Returns:
            The key that it had before.
        """
        node = nodes.get_node(self.database, node_id, "items")
        nodes.renumber(self.database, node, document_key)
        return node.document_key

    def set_status(
        self, run_id: int, status: str | None = None, *, steps: Sequence[str] = ()
    ) -> None:
        """Execute a run by hand, as another user.

        Args:
            run_id: The run.
            status: Any word, such as `NOT_APPLICABLE`; None derives it from the steps.
            steps: The statuses of all its steps.
        """
        run = nodes.get_node(self.database, run_id, "testruns")
        pairs = zip(run.fields.get("testRunSteps", ()), steps, strict=False)
        fields = {**run.fields, "testRunStatus": status or status_from_steps(steps)}
        if steps:
            fields["testRunSteps"] = [{**step, "status": new} for step, new in pairs]
        nodes.save_fields(self.database, run, fields, user=TESTER_ID)
