// One CPU variant of every kernel; compiled once a variant with that variant's flags (CMakeLists.txt).
// Nothing here may use inline functions of the standard library that other objects share.
#include "cbow.hpp"
#include "dispatch.hpp"
#include "pv_dbow.hpp"
#include "pv_dm.hpp"
#include "skipgram.hpp"
#include "topk.hpp"

#define NEARER_JOIN_(a, b) a##b
#define NEARER_JOIN(a, b) NEARER_JOIN_(a, b)
#define NEARER_TEXT_(a) #a
#define NEARER_TEXT(a) NEARER_TEXT_(a)

namespace nearer {

extern const Kernels NEARER_JOIN(kernels_, NEARER_VARIANT);
const Kernels NEARER_JOIN(kernels_, NEARER_VARIANT) = {
    NEARER_TEXT(NEARER_VARIANT),
    train_unit<SkipGram>,
    scratch_bytes<SkipGram>,
    train_unit<Cbow>,
    scratch_bytes<Cbow>,
    {{train_document_unit<Dbow<false>>, train_document_unit<DbowWords>, train_document_unit<Dm<false, false>>,
      train_document_unit<Dm<true, false>>},
     {infer_document<Dbow<true>>, infer_document<Dbow<true>>, infer_document<Dm<false, true>>,
      infer_document<Dm<true, true>>},
     {document_scratch_bytes<Dbow<false>>, document_scratch_bytes<DbowWords>,
      document_scratch_bytes<Dm<false, false>>, document_scratch_bytes<Dm<true, false>>}},
    {kLanes, topk_scan, dot_in_double, squared_distance_in_double},
};

}  // namespace nearer
