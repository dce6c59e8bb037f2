#include "dispatch.hpp"

#include <stdexcept>

namespace nearer {

#define NEARER_DECLARE(variant) extern const Kernels kernels_##variant;
#ifdef NEARER_HAS_avx512
NEARER_DECLARE(avx512)
#endif
#ifdef NEARER_HAS_avx2
NEARER_DECLARE(avx2)
#endif
#ifdef NEARER_HAS_x86_64
NEARER_DECLARE(x86_64)
#endif
#ifdef NEARER_HAS_neon
NEARER_DECLARE(neon)
#endif
#ifdef NEARER_HAS_generic
NEARER_DECLARE(generic)
#endif

namespace {

std::vector<const Kernels*> runnable() {
  std::vector<const Kernels*> tables;
#if defined(NEARER_HAS_x86_64)
  __builtin_cpu_init();
#endif
#ifdef NEARER_HAS_avx512
  if (__builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
      __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl"))
    tables.push_back(&kernels_avx512);
#endif
#ifdef NEARER_HAS_avx2
  if (__builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma")) tables.push_back(&kernels_avx2);
#endif
#ifdef NEARER_HAS_x86_64
  tables.push_back(&kernels_x86_64);
#endif
#ifdef NEARER_HAS_neon
  tables.push_back(&kernels_neon);
#endif
#ifdef NEARER_HAS_generic
  tables.push_back(&kernels_generic);
#endif
  return tables;
}

}  // namespace

std::vector<std::string> available_variants() {
  std::vector<std::string> names;
  for (const Kernels* table : runnable()) names.emplace_back(table->name);
  return names;
}

const Kernels& kernels(const std::string& variant) {
  for (const Kernels* table : runnable())
    if (variant == table->name) return *table;
  throw std::invalid_argument("no kernels for CPU variant '" + variant + "'");
}

}  // namespace nearer
