package vulkan

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/vkeras/vkeras/gpu/internal/vulkan/vkc"
)

func TestWhichDriversBreakOnFloat16(t *testing.T) {
	for _, c := range []struct {
		architecture, name, info string
		want                     bool
	}{
		{"arm64", "llvmpipe", "Mesa 22.3.6 (LLVM 15.0.6)", true},
		{"arm64", "llvmpipe", "Mesa 25.0.7-2+deb13u1 (LLVM 19.1.7)", false},
		{"arm64", "llvmpipe", "", false},
		{"arm64", "V3DV Mesa", "Mesa 22.3.6", false},
		{"amd64", "llvmpipe", "Mesa 22.3.6 (LLVM 15.0.6)", false},
	} {
		p := Physical{Info: vkc.Info{DriverName: c.name, DriverInfo: c.info}}
		require.Equal(t, c.want, p.BreaksOnHalf(c.architecture), "%s, %s on %s", c.name, c.info, c.architecture)
	}
}
