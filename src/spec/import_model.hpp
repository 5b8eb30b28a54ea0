#pragma once
// A model from the config.json that Hugging Face's transformers library keeps beside its weights: the file that
// most users have. Only dimensions are read; what has no counterpart here is named in a note.
//
// Keys and their defaults are those of the library's configuration classes (huggingface/transformers,
// src/transformers/models/*/configuration_*.py). Families that are not known are refused, not guessed.

#include <string>
#include <vector>

#include "model/transformer.hpp"

namespace foretrain::spec {

struct ImportedModel {
  model::TransformerSpec model;
  std::vector<std::string> notes;  // what the file says and this description cannot
};

// Throws SpecError with every problem found.
ImportedModel import_model(const std::string& path);

// The names of the families that can be imported: values of model_type.
std::vector<std::string> importable_models();

}  // namespace foretrain::spec
