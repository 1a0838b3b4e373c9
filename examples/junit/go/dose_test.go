package dose

import (
	"errors"
	"testing"
)

func TestRate(t *testing.T) {
	for name, c := range map[string]struct{ dose, weight, want float64 }{
		"adult":   {0.3, 70, 21},
		"neonate": {0.3, 3, 0.9},
	} {
		t.Run(name, func(t *testing.T) {
			if got, _ := Rate(c.dose, c.weight); got-c.want > 1e-9 || c.want-got > 1e-9 {
				t.Errorf("rate %g, want %g", got, c.want)
			}
		})
	}
}

func TestWeightIsChecked(t *testing.T) {
	if _, err := Rate(1, 0); !errors.Is(err, ErrWeight) {
		t.Errorf("got %v", err)
	}
}

func TestRounding(t *testing.T) {
	if got, _ := Rate(0.3, 71.3); got != 21.4 {
		t.Errorf("rate %g, want 21.4", got)
	}
}

func TestPumpAgrees(t *testing.T) {
	t.Skip("no pump on this bench")
}
