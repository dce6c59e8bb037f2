// Runs the document kernels: training over a range of units, inference over a range of documents.
#include <nanobind/nanobind.h>
#include <nanobind/ndarray.h>
#include <nanobind/stl/string.h>
#include <nanobind/stl/tuple.h>

#include "dispatch.hpp"
#include "unit_threads.hpp"
#include "word_run.hpp"

namespace nb = nanobind;

namespace nearer {

void bind_document_training(nb::module_& m) {
  m.def(
      "train_documents",
      [](const std::string& variant, int method, Ids tokens, Offsets starts, Offsets tag_starts, Ids tags,
         int most_tags, int64_t unit_tokens, Ids keep, Table noise, Matrix rows, Matrix input, Matrix output,
         int window, int negative, int shared, float learning_rate, float least_learning_rate,
         int64_t planned_units, uint64_t seed, Offsets path_offsets, Ids path_nodes, Bits path_bits, int longest_path,
         int64_t first, int64_t last, int threads) {
        const WordPaths paths{path_offsets.data(), path_nodes.data(), path_bits.data(), longest_path};
        const DocumentTraining run{
            word_training(tokens, unit_tokens, keep, noise, input, output, window, negative, shared,
                          learning_rate, least_learning_rate, planned_units, seed, paths),
            static_cast<int>(rows.shape(1)),
            starts.data(),
            static_cast<int64_t>(starts.shape(0)),
            tag_starts.data(),
            tags.data(),
            most_tags,
            rows.data()};
        const DocumentKernels& table = kernels(variant).documents;
        nb::gil_scoped_release release;
        return train_each_unit(
            first, last, threads, table.scratch[longest_path > 0][method](run),
            [&](int64_t unit, void* scratch) { return table.train[longest_path > 0][method](run, unit, scratch); });
      },
      nb::arg("variant"), nb::arg("method"), nb::arg("tokens").noconvert(), nb::arg("starts").noconvert(),
      nb::arg("tag_starts").noconvert(), nb::arg("tags").noconvert(), nb::arg("most_tags"),
      nb::arg("unit_tokens"), nb::arg("keep").noconvert(), nb::arg("noise").noconvert(),
      nb::arg("rows").noconvert(), nb::arg("input").noconvert(), nb::arg("output").noconvert(),
      nb::arg("window"), nb::arg("negative"), nb::arg("shared"), nb::arg("learning_rate"),
      nb::arg("least_learning_rate"), nb::arg("planned_units"), nb::arg("seed"),
      nb::arg("path_offsets").noconvert(), nb::arg("path_nodes").noconvert(), nb::arg("path_bits").noconvert(),
      nb::arg("longest_path"), nb::arg("first"),
      nb::arg("last"), nb::arg("threads"));
  m.def(
      "infer_documents",
      [](const std::string& variant, int method, Ids tokens, Offsets starts,
         Array<const uint64_t, nb::ndim<1>> seeds, int64_t longest, Ids keep, Table noise, Matrix rows,
         Matrix input, Matrix output, int window, int negative, int shared, float learning_rate,
         float least_learning_rate, int epochs, uint64_t seed, Offsets path_offsets, Ids path_nodes, Bits path_bits, int longest_path,
         int threads) {
        const WordPaths paths{path_offsets.data(), path_nodes.data(), path_bits.data(), longest_path};
        const DocumentInference run{
            {word_training(tokens, longest, keep, noise, input, output, window, negative, shared,
                           learning_rate, least_learning_rate, 1, seed, paths),
             static_cast<int>(rows.shape(1)), starts.data(), static_cast<int64_t>(starts.shape(0)) - 1, nullptr,
             nullptr, 1, nullptr},
            seeds.data(),
            rows.data(),
            epochs};
        const DocumentKernels& table = kernels(variant).documents;
        nb::gil_scoped_release release;
        each_unit(0, run.training.documents, threads, table.scratch[longest_path > 0][method](run.training),
                  [&](int64_t document, void* scratch) { table.infer[longest_path > 0][method](run, document, scratch); });
      },
      nb::arg("variant"), nb::arg("method"), nb::arg("tokens").noconvert(), nb::arg("starts").noconvert(),
      nb::arg("seeds").noconvert(), nb::arg("longest"), nb::arg("keep").noconvert(),
      nb::arg("noise").noconvert(), nb::arg("rows").noconvert(), nb::arg("input").noconvert(),
      nb::arg("output").noconvert(), nb::arg("window"), nb::arg("negative"), nb::arg("shared"),
      nb::arg("learning_rate"), nb::arg("least_learning_rate"), nb::arg("epochs"), nb::arg("seed"),
      nb::arg("path_offsets").noconvert(), nb::arg("path_nodes").noconvert(), nb::arg("path_bits").noconvert(),
      nb::arg("longest_path"),
      nb::arg("threads"));
}

}  // namespace nearer
