// Writes the event files of a run that was killed and resumed: tools/parity/tensorboard_parity.py has TensorBoard read them.
//   parity_tensorboard FOLDER
#include <cmath>

#include "espalier/report/tensorboard.h"

int main(int count, char** arguments) {
  if (count != 2) return 2;
  const auto write = [](espalier::TensorboardFile& file, int64_t from, int64_t to, double shift) {
    for (int64_t step = from; step <= to; ++step) {
      file.add(step, 1.7e9 + double(step) / 8 + shift,
               {{"train/loss", 1.0 / double(step) + shift}, {"train/learning_rate", std::ldexp(1.0, -int(step))}});
      if (step % 25 == 0) file.add(step, 1.7e9 + double(step) / 8 + shift, {{"dev/accuracy", 0.5 + double(step) / 1000 + shift}});
    }
    file.flush();
  };
  espalier::TensorboardFile killed(arguments[1], 1, 1.7e9);
  write(killed, 1, 130, 0);  // the last checkpoint was at 100
  espalier::TensorboardFile resumed(arguments[1], 101, 1.7e9);
  write(resumed, 101, 160, 0.25);
}
