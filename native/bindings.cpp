// Python faces of the native kernels (nanobind). Shapes and units are documented in nearer/kernels/*.py.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/vector.h>

#include "dispatch.hpp"

namespace nb = nanobind;

namespace nearer {
void bind_als(nb::module_&);
void bind_bpr(nb::module_&);
void bind_cooccurrence(nb::module_&);
void bind_document_training(nb::module_&);
void bind_glove(nb::module_&);
void bind_phrases(nb::module_&);
void bind_subwords(nb::module_&);
void bind_text(nb::module_&);
void bind_topk(nb::module_&);
void bind_walks(nb::module_&);
void bind_word_training(nb::module_&);
}

NB_MODULE(_native, m) {
  m.def("variants", &nearer::available_variants);
  m.attr("compiler") = __VERSION__;
  nearer::bind_als(m);
  nearer::bind_bpr(m);
  nearer::bind_cooccurrence(m);
  nearer::bind_document_training(m);
  nearer::bind_glove(m);
  nearer::bind_phrases(m);
  nearer::bind_subwords(m);
  nearer::bind_text(m);
  nearer::bind_topk(m);
  nearer::bind_walks(m);
  nearer::bind_word_training(m);
}
