// An option is looked for as it is written. To the search engine a dash before a word says "without
// it", and `--jama-select` would find nothing: the dashes go as soon as a letter stands behind them.
document.addEventListener("input", ({ target }) => {
  if (!target.matches("[data-md-component=search-query]")) return;
  const plain = target.value.replace(/(^|\s)-+(?=\w)/g, "$1");
  if (plain !== target.value) target.value = plain;
}, true);
