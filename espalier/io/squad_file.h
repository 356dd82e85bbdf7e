// Questions about texts, as SQuAD's JSON files hold them (1.1 and 2.0; XQuAD and others of that form).
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "espalier/base/files.h"

namespace espalier {

/// The bytes begin .. end of its paragraph's context are `text`.
struct SquadAnswer {
  std::string text;
  int64_t begin = 0, end = 0;
};

struct SquadQuestion {
  std::string id, text;
  std::vector<SquadAnswer> answers;    ///< none: the question has no answer, or the file tells none
  std::vector<SquadAnswer> plausible;  ///< what people took for one, of questions without an answer (2.0)
  bool impossible = false;             ///< the file says that there is no answer (2.0)
};

struct SquadParagraph {
  std::string title, context;
  std::vector<SquadQuestion> questions;
};

struct SquadFile {
  std::string version;
  std::vector<SquadParagraph> paragraphs;
  int64_t questions() const;
};

/// Files count characters where SquadAnswer counts bytes. Data Errors, all at once, name the question by its id and say nothing
/// of its text: an answer that lies outside its context or differs from what stands there, an id given twice, an answer to a
/// question that has none, a member that is missing or of another type.
SquadFile parse_squad(std::string_view text, const std::string& place);
SquadFile read_squad(const fs::path& path);

}  // namespace espalier
