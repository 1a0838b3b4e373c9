// Package dose turns doses into rates.
package dose

import "errors"

// ErrWeight says that no rate can be given for this weight.
var ErrWeight = errors.New("weight must be positive")

// Rate returns the rate in ml/h of a dose in mg/kg/h at 1 mg/ml.
func Rate(dose, weightKg float64) (float64, error) {
	if weightKg <= 0 {
		return 0, ErrWeight
	}
	return dose * weightKg, nil
}
