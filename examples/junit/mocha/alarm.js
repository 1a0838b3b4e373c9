/** The more urgent of several alarms is shown. */
exports.shown = (alarms) => {
  const order = ["high", "medium", "low"];
  return [...alarms].sort((a, b) => order.indexOf(a.level) - order.indexOf(b.level))[0];
};
