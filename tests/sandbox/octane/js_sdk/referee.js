"use strict";
// One line of JSON for each step: what the vendor's client made of the answer, or the refusal.
const { readFileSync } = require("node:fs");
const sdk = process.env.OCTANE_SDK;
require(`${sdk}/node_modules/log4js`).getLogger = () => ({ debug() {} });
const { Octane, Query } = require(`${sdk}/node_modules/@microfocus/alm-octane-js-rest-sdk`);

const { server, user, password } = JSON.parse(readFileSync(0, "utf8"));
const octane = new Octane({
  server,
  sharedSpace: 1001,
  workspace: 1002,
  user,
  password,
  headers: { "ALM-OCTANE-TECH-PREVIEW": "true" },
});
const types = Octane.entityTypes;

async function step(name, ask) {
  let line;
  try {
    line = { name, answer: await ask() };
  } catch (error) {
    const response = error.response;
    line = { name, status: response && response.status, error: response ? response.data : String(error) };
  }
  console.log(JSON.stringify(line));
  return line.answer;
}

function defect(name, root, phase) {
  return {
    name,
    phase: { type: "phase", id: phase },
    parent: { type: "work_item_root", id: root },
  };
}

async function run() {
  await step("list without signing in first", () =>
    octane.get(types.releases).fields("name").limit(1).execute());
  const roots = await octane.get(types.workItemRoots).fields("name").execute();
  const root = roots.data[0].id;
  const made = await step("create", () =>
    octane.create(types.defects, defect("it's new", root, "phase.defect.new")).execute());
  const id = made.data[0].id;
  await step("create several", () =>
    octane.create(types.defects, ["b", "c"].map((name) => defect(name, root, "phase.defect.opened")))
      .fields("name").execute());
  await step("create without a name", () =>
    octane.create(types.defects, { phase: { type: "phase", id: "phase.defect.new" } }).execute());
  await step("one", () => octane.get(types.defects).at(id).fields("name", "phase").execute());

  const opened = Query.field("phase").equal(Query.field("logical_name").equal("phase.defect.opened"));
  const queries = {
    "query by reference": opened,
    "query with not": opened.not(),
    "query with and, or, group": Query.field("name").equal("b").or()
      .field("name").equal("c").group().and(opened),
    "query for nothing": Query.field("release").equal(Query.NULL_REFERENCE)
      .and(Query.field("description").equal(Query.NULL)),
    "query for some": Query.field("name").inComparison(["b", "c"]),
    "query by id": Query.field("id").inComparison([Number(id)]),
    "query between numbers": Query.field("id").between(1, Number(id)),
    "query since a date": Query.field("creation_time").greaterEqual(new Date("2020-01-01T00:00:00Z")),
    "query between dates": Query.field("creation_time").between(
      new Date("2020-01-01T00:00:00Z"), new Date("2020-01-02T00:00:00Z")),
    "query for a wildcard": Query.field("name").equal("it*"),
  };
  for (const [name, query] of Object.entries(queries)) {
    await step(name, () =>
      octane.get(types.defects).fields("name").orderBy("-name").query(query.build()).execute());
  }
  await step("a page", () =>
    octane.get(types.defects).fields("name").orderBy("name").limit(1).offset(1).execute());

  await step("update", () =>
    octane.update(types.defects, { id, description: "changed" }).execute());
  await step("update several", () =>
    octane.updateBulk(types.defects, [{ id, name: "renamed" }, { id: "1", name: "x" }]).execute());

  const test = await octane.create("manual_tests", {
    name: "m",
    phase: { type: "phase", id: "phase.test_manual.new" },
  }).execute();
  const owner = { type: "test_manual", id: test.data[0].id };
  const file = await step("attach", () =>
    octane.uploadAttachment("a.txt", "content", "owner_test", owner).execute());
  const content = await octane.getAttachmentContent().at(file.data[0].id).execute();
  console.log(JSON.stringify({ name: "download", answer: Buffer.from(content).toString() }));
  await step("script", () =>
    octane.executeCustomRequest(
      `/api/shared_spaces/1001/workspaces/1002/tests/${owner.id}/script`,
      Octane.operationTypes.update,
      { script: "- step", comment: "", revision_type: "Minor" }));
  await step("read the script", () => octane.get(types.tests).at(owner.id).script().execute());
  await step("fields", () =>
    octane.get(types.fieldsMetadata)
      .query(Query.field("entity_name").equal("defect").build()).fields("name").limit(2).execute());

  await step("delete", () => octane.delete(types.defects).at(id).execute());
  await step("one that is gone", () => octane.get(types.defects).at(id).execute());
  await step("sign out", () => octane.signOut());
}

run();
