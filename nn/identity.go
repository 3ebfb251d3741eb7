package nn

// Identity passes its input on: dropout, noise and augmentation layers do
// nothing at inference.
type Identity struct {
	noWeights
	sameShape
}

// Kind returns "Identity".
func (*Identity) Kind() string { return "Identity" }
