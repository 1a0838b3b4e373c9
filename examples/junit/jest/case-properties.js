/** The case in a title, "... [PUMP-TC-2]", as the property `jama` of the testcase. */
module.exports = ({ title }) => {
  const found = title.match(/\[([A-Z0-9]+-TC-\d+)\]/);
  return found ? { jama: found[1] } : {};
};
