#include <zlib.h>

// zlib's initialisers are macros that Swift does not import.
static inline int mixtrace_inflateInit2(z_streamp stream, int windowBits) {
  return inflateInit2(stream, windowBits);
}
