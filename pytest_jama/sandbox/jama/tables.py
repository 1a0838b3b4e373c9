"""The tables. One wide table holds everything that Jama calls an abstract item."""

VERSION = 5

LISTED_BY = (
    *("id", "kind", "project", "item_type", "document_key", "key_stem", "key_number", "active"),
    *(
        "created_date",
        "visible_at",
        "indexed_at",
        "parent",
        "sequence",
        "plan",
        "cycle",
        "test_case",
    ),
)
"""The columns of nodes that say in which lists a node stands, and where: a result moves none."""

_TABLES = """
CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) WITHOUT ROWID;

CREATE TABLE tokens (token TEXT PRIMARY KEY, user INTEGER NOT NULL, expires_at REAL NOT NULL);

CREATE TABLE projects (
  id INTEGER PRIMARY KEY, key TEXT UNIQUE, name TEXT NOT NULL, parent INTEGER,
  is_folder INTEGER NOT NULL, created_date TEXT NOT NULL, created_by INTEGER NOT NULL
);

CREATE TABLE custom_types (
  id INTEGER PRIMARY KEY, type_key TEXT UNIQUE NOT NULL, display TEXT NOT NULL,
  category TEXT NOT NULL
);

CREATE TABLE custom_fields (
  type_key TEXT NOT NULL, name TEXT NOT NULL, field_type TEXT NOT NULL, rich INTEGER NOT NULL,
  label TEXT NOT NULL, required INTEGER NOT NULL, pick_list INTEGER,
  PRIMARY KEY (type_key, name)
);

CREATE TABLE pick_lists (id INTEGER PRIMARY KEY, name TEXT NOT NULL);

CREATE TABLE pick_list_options (
  id INTEGER PRIMARY KEY, pick_list INTEGER NOT NULL, name TEXT NOT NULL
);

CREATE TABLE nodes (
  id INTEGER PRIMARY KEY,
  kind TEXT NOT NULL,             -- items, testplans, testcycles, testruns, attachments
  project INTEGER NOT NULL,
  item_type INTEGER NOT NULL,
  document_key TEXT NOT NULL,
  key_stem TEXT NOT NULL,         -- JEET1-TC
  key_number INTEGER NOT NULL,    -- 12
  global_id TEXT NOT NULL,
  version INTEGER NOT NULL DEFAULT 1,
  active INTEGER NOT NULL DEFAULT 1,
  created_date TEXT NOT NULL,
  created_by INTEGER NOT NULL,
  modified_date TEXT NOT NULL,
  modified_by INTEGER NOT NULL,
  last_activity_date TEXT NOT NULL,
  locked_by INTEGER,
  locked_date TEXT,
  visible_at REAL NOT NULL,       -- seconds since the epoch; what is created slowly appears later
  indexed_at REAL NOT NULL,       -- seconds since the epoch; search lags behind
  search_text TEXT NOT NULL,
  fields TEXT NOT NULL,           -- JSON; what the server derives is left out
  parent INTEGER,                 -- items: an item, or nothing for the root of the project
  sort_order INTEGER NOT NULL DEFAULT 0,
  sequence TEXT NOT NULL DEFAULT '',  -- items: 000002.000001, sortable as text
  child_item_type INTEGER,
  archived INTEGER NOT NULL DEFAULT 0,  -- plans
  plan INTEGER,                   -- cycles and runs
  cycle INTEGER,                  -- runs
  test_group INTEGER,
  test_case INTEGER,
  case_version INTEGER,
  group_order INTEGER
);
CREATE UNIQUE INDEX nodes_by_key ON nodes (document_key);
CREATE INDEX nodes_by_project ON nodes (project, kind, sequence);
CREATE INDEX nodes_by_type ON nodes (item_type, project);
CREATE INDEX nodes_by_parent ON nodes (parent, project, kind, sequence);
CREATE INDEX nodes_by_global_id ON nodes (global_id);
CREATE INDEX nodes_by_plan ON nodes (plan, kind) WHERE plan IS NOT NULL;
CREATE INDEX nodes_by_cycle ON nodes (cycle, key_stem, key_number) WHERE cycle IS NOT NULL;
CREATE INDEX runs_by_status ON nodes (cycle, json_extract(fields, '$.testRunStatus'), visible_at)
  WHERE kind = 'testruns' AND active = 1;
CREATE INDEX nodes_by_case ON nodes (test_case) WHERE test_case IS NOT NULL;

CREATE TABLE versions (
  item INTEGER NOT NULL, version INTEGER NOT NULL, fields TEXT NOT NULL,
  created_date TEXT NOT NULL, created_by INTEGER NOT NULL,
  saved_at REAL NOT NULL,         -- seconds since the epoch
  PRIMARY KEY (item, version)
);

CREATE TABLE test_groups (
  id INTEGER PRIMARY KEY, plan INTEGER NOT NULL, name TEXT NOT NULL, assigned_to INTEGER,
  visible_at REAL NOT NULL        -- seconds since the epoch
);
CREATE INDEX test_groups_by_plan ON test_groups (plan);

CREATE TABLE group_cases (
  test_group INTEGER NOT NULL, test_case INTEGER NOT NULL, plan INTEGER NOT NULL,
  position INTEGER NOT NULL, PRIMARY KEY (test_group, test_case)
);
CREATE INDEX group_cases_in_order ON group_cases (test_group, position, test_case);
CREATE INDEX group_cases_by_plan ON group_cases (plan, test_case);

CREATE TABLE comments (
  id INTEGER PRIMARY KEY, item INTEGER, project INTEGER, in_reply_to INTEGER, text TEXT NOT NULL,
  comment_type TEXT NOT NULL, created_date TEXT NOT NULL, created_by INTEGER NOT NULL
);
CREATE INDEX comments_by_item ON comments (item);
CREATE INDEX comments_by_answered ON comments (in_reply_to) WHERE in_reply_to IS NOT NULL;

CREATE TABLE relationships (
  id INTEGER PRIMARY KEY, from_item INTEGER NOT NULL, to_item INTEGER NOT NULL,
  relationship_type INTEGER NOT NULL, suspect INTEGER NOT NULL DEFAULT 0,
  UNIQUE (from_item, to_item)
);
CREATE INDEX relationships_by_target ON relationships (to_item);

CREATE TABLE files (               -- the one with the highest ID is the file of its attachment now
  id INTEGER PRIMARY KEY, attachment INTEGER NOT NULL, name TEXT NOT NULL,
  mime_type TEXT NOT NULL, size INTEGER NOT NULL, content BLOB NOT NULL
);
CREATE INDEX files_by_attachment ON files (attachment);

CREATE TABLE attached (
  item INTEGER NOT NULL, attachment INTEGER NOT NULL, PRIMARY KEY (item, attachment)
);

CREATE TABLE tags (
  id INTEGER PRIMARY KEY, project INTEGER NOT NULL, name TEXT NOT NULL, UNIQUE (project, name)
);

CREATE TABLE tagged (
  item INTEGER NOT NULL, tag INTEGER NOT NULL, PRIMARY KEY (item, tag)
);

CREATE TABLE links (
  id INTEGER PRIMARY KEY, item INTEGER NOT NULL, url TEXT NOT NULL, description TEXT
);
CREATE INDEX links_by_item ON links (item);

CREATE TABLE moves (               -- how often the lists of a kind have changed
  kind TEXT PRIMARY KEY, count INTEGER NOT NULL
) WITHOUT ROWID;
"""


def _counting(name: str, event: str, *, kind: str) -> str:
    return (
        f"CREATE TRIGGER {name} AFTER {event} BEGIN INSERT INTO moves VALUES ({kind}, 1) "  # noqa: S608 - names of our own
        "ON CONFLICT (kind) DO UPDATE SET count = count + 1; END;"
    )


SCHEMA = "\n".join(
    (
        _TABLES,
        _counting("node_added", "INSERT ON nodes", kind="NEW.kind"),
        _counting("node_moved", f"UPDATE OF {', '.join(LISTED_BY)} ON nodes", kind="NEW.kind"),
        *(
            _counting(f"{table}_{event}", f"{event} ON {table}", kind=f"'{table}'")
            for table in ("group_cases", "relationships")
            for event in ("INSERT", "UPDATE", "DELETE")
        ),
    )
)
