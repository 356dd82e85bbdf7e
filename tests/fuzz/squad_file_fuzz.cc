// SQuAD's JSON.
#include "espalier/base/text.h"
#include "espalier/io/squad_file.h"
#include "tests/fuzz/target.h"

namespace espalier::fuzz {
namespace {

void read(std::string_view bytes) {
  const SquadFile file = parse_squad(bytes, "squad.json");
  for (const SquadParagraph& paragraph : file.paragraphs) {
    for (const SquadQuestion& question : paragraph.questions) {
      for (const auto* answers : {&question.answers, &question.plausible}) {
        for (const SquadAnswer& answer : *answers) {
          expect(answer.begin >= 0 && answer.begin <= answer.end && size_t(answer.end) <= paragraph.context.size(),
                 "answers lie inside");
          expect(
              std::string_view(paragraph.context).substr(size_t(answer.begin), size_t(answer.end - answer.begin)) == answer.text,
              "answers are what stands there");
          expect(valid_utf8(answer.text), "answers are UTF-8");
        }
      }
    }
  }
}

const AddTarget kTarget("squad_file", read);

}  // namespace
}  // namespace espalier::fuzz
