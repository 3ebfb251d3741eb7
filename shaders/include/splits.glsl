// Split-K: the x axis of the grid holds the tiles of COLUMNS filters, once for
// each of the parts that k is cut into. depth is the ks of a part. Where there
// are several, y is their float32 sums instead of the result.
#define SPLITS uint splits, depth
#define TILES(filters) ((filters + COLUMNS - 1) / COLUMNS)
#define TILE(filters) (gl_WorkGroupID.x % TILES(filters))
#define PART(filters) (gl_WorkGroupID.x / TILES(filters))

layout(std430, binding = 2) buffer Partial { float partial[]; };
