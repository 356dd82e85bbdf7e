// Folders of sentence-transformers: modules.json, a transformer, 1_Pooling, perhaps 2_Normalize; and a head of ours beside them.
#pragma once

#include <string>

#include "espalier/base/files.h"
#include "espalier/models/head.h"
#include "espalier/models/model.h"

namespace espalier {

/// Where the transformer's files are: the folder itself, or the one that its modules.json names.
fs::path transformer_folder(const fs::path& folder);
/// The sentence encoder that a transformer's folder belongs to (itself, or the folder around it); empty when it is none.
fs::path sentence_encoder_of(const fs::path& transformer);
/// How it pools; modes, modules and prompts that are not ours are refused by name.
Pooling sentence_pooling(const fs::path& encoder);
/// The longest text it reads, in tokens; 0 when it does not say.
int64_t sentence_length(const fs::path& encoder);

/// Writes modules.json and what belongs to it beside a transformer's files. `length` 0 = not said.
void write_sentence_modules(const fs::path& folder, int64_t width, Pooling pooling, bool normalize, int64_t length);

/// head/head.json and head/head.safetensors: a head that reads the sentence's embedding.
bool has_head_beside(const fs::path& folder);
HeadOptions read_head_beside(const fs::path& folder);
void write_head_beside(Model& model, const fs::path& folder);
fs::path head_settings(const fs::path& folder);
fs::path head_tensors(const fs::path& folder);

}  // namespace espalier
