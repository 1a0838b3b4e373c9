/** Rate in ml/h of a dose in µg/kg/min. */
exports.rate = (dose, weightKg, concentrationMgMl) => {
  if (weightKg <= 0) throw new RangeError(`weight ${weightKg} kg`);
  return (dose * weightKg * 60) / (concentrationMgMl * 1000);
};
