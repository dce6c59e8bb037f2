// One CPU variant of every kernel; compiled once a variant with that variant's flags (CMakeLists.txt).
// Nothing here may use inline functions of the standard library that other objects share.
#include "als.hpp"
#include "bpr.hpp"
#include "cbow.hpp"
#include "dispatch.hpp"
#include "glove.hpp"
#include "hierarchical.hpp"
#include "pv_dbow.hpp"
#include "pv_dm.hpp"
#include "pv_paths.hpp"
#include "skipgram.hpp"
#include "subwords.hpp"
#include "topk.hpp"

#define NEARER_JOIN_(a, b) a##b
#define NEARER_JOIN(a, b) NEARER_JOIN_(a, b)
#define NEARER_TEXT_(a) #a
#define NEARER_TEXT(a) NEARER_TEXT_(a)

namespace nearer {
namespace {

template <DocumentMethod kMethod>
using Paths = DocumentPaths<kMethod, false>;
template <DocumentMethod kMethod>
using FrozenPaths = DocumentPaths<kMethod, true>;

constexpr DocumentKernels kDocuments = {
    {{train_document_unit<Dbow<false>>, train_document_unit<DbowWords>, train_document_unit<Dm<false, false>>,
      train_document_unit<Dm<true, false>>},
     {train_document_unit<Paths<kDbow>>, train_document_unit<Paths<kDbowWords>>,
      train_document_unit<Paths<kDmMean>>, train_document_unit<Paths<kDmConcat>>}},
    {{infer_document<Dbow<true>>, infer_document<Dbow<true>>, infer_document<Dm<false, true>>,
      infer_document<Dm<true, true>>},
     {infer_document<FrozenPaths<kDbow>>, infer_document<FrozenPaths<kDbowWords>>,
      infer_document<FrozenPaths<kDmMean>>, infer_document<FrozenPaths<kDmConcat>>}},
    {{scratch_bytes<Dbow<false>>, scratch_bytes<DbowWords>,
      scratch_bytes<Dm<false, false>>, scratch_bytes<Dm<true, false>>},
     {scratch_bytes<Paths<kDbow>>, scratch_bytes<Paths<kDbowWords>>,
      scratch_bytes<Paths<kDmMean>>, scratch_bytes<Paths<kDmConcat>>}},
};

}  // namespace

extern const Kernels NEARER_JOIN(kernels_, NEARER_VARIANT);
const Kernels NEARER_JOIN(kernels_, NEARER_VARIANT) = {
    NEARER_TEXT(NEARER_VARIANT),
    train_unit<SkipGram>,
    scratch_bytes<SkipGram>,
    train_unit<Cbow>,
    scratch_bytes<Cbow>,
    train_paths<SkipGramPaths>,
    paths_scratch_bytes<SkipGramPaths>,
    train_paths<CbowPaths>,
    paths_scratch_bytes<CbowPaths>,
    train_unit<SubwordSkipGram>,
    scratch_bytes<SubwordSkipGram>,
    train_unit<SubwordCbow>,
    scratch_bytes<SubwordCbow>,
    kDocuments,
    {kLanes, topk_scan, dot_in_double, squared_distance_in_double},
    train_tile,
    {solve_als_unit, als_scratch_bytes, add_gram},
    {train_bpr_unit, bpr_scratch_bytes},
};

}  // namespace nearer
