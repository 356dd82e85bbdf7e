#!/usr/bin/env bash
# The demo, narrated: a real pretrained encoder learns a real task, beside three simpler answers to the same task.
# DATA=file.tsv TEXT=column LABEL=column takes a table of your own (TSV, or CSV by its name) instead of the package catalogue.
source "$(dirname "$0")/common.sh"
espalier=build/release/espalier
started=$SECONDS

title "1. A pretrained model: all-MiniLM-L6-v2, 22 million parameters, BERT family"
scripts/demo_model.sh

if [[ -n ${DATA:-} ]]; then
  title "2. Your data: $DATA"
  tools/demo/split.py "$DATA" --text "${TEXT:-text}" --label "${LABEL:-label}" --out demo/own
  data=demo/own
  task=(--data "$data/train.tsv" --dev "$data/dev.tsv" --test "$data/test.tsv" --text text --label label)
else
  title "2. Data that every Debian and Ubuntu has: the package catalogue. A package's section from its one-line description"
  tools/demo/catalogue.py --out demo/data
  data=demo/data
  task=() # the recipes name it
fi
for line in 2 3 4; do sed -n "${line}p" "$data/train.tsv" | awk -F'\t' '{ printf "  %-12s <- %s\n", $2, $1 }'; done

# learn RUN RECIPE: trains a recipe of recipes/demo into runs/RUN.
learn() {
  say "$espalier train recipes/demo/$2.toml ${task[*]:+${task[*]} }--out runs/$1"
  "$espalier" train "recipes/demo/$2.toml" "${task[@]}" --out "runs/$1" --overwrite
}

title "3. The control: a bag of words. A method that loses to it proves nothing"
learn demo-bag-of-words bag-of-words
title "4. A linear probe: the model stays as it is, a classifier reads its sentence embeddings"
learn demo-linear-probe linear-probe
title "5. LoRA: the model stays as it is, a small update is learned beside each of its linear maps"
learn demo lora

title "6. What each reached on the test split"
# The most frequent class of the training split, answered always: precision p, recall 1, so F1 = 2p / (1 + p) for one class of C.
awk -F'\t' '
  FNR == 1 { file++; next }
  file == 1 { if (++seen[$2] > seen[top]) top = $2; next }
  { classes[$2]; rows++; hits += $2 == top }
  END { p = hits / rows
        printf "majority class (%s): accuracy %.4f, macro-F1 %.4f\n\n", top, p, 2 * p / (1 + p) / length(classes) }
' "$data/train.tsv" "$data/test.tsv"
"$espalier" compare --metrics test.accuracy,test.macro_f1 runs/demo-bag-of-words runs/demo-linear-probe runs/demo
say ""
say "which classes it confuses: $PWD/runs/demo/confusion.svg"

title "7. The learned update, merged into the model: a Hugging Face folder that other libraries load"
rm -rf runs/demo-model
"$espalier" merge runs/demo --out runs/demo-model

title "8. Ask it"
question="fast key-value store with replication"
say "echo \"$question\" | $espalier predict runs/demo"
echo "$question" | "$espalier" predict runs/demo
title "The demo took $(((SECONDS - started) / 60)) min $(((SECONDS - started) % 60)) s. Next: make test; $espalier --help; your own CSV: docs/your-own-csv.md"
