// The library at one include, for programs of others: load a model, attach methods, train, evaluate, predict, merge, save.
// docs/library.md. Tensors themselves: espalier/nn/tensor.h.
#pragma once

#include "espalier/data/dataset.h"
#include "espalier/models/load.h"
#include "espalier/models/save.h"
#include "espalier/peft/formats/peft.h"
#include "espalier/peft/lora.h"
#include "espalier/peft/trained_base.h"
#include "espalier/privacy/ghost.h"
#include "espalier/pruning/mask.h"
#include "espalier/recipe/build.h"
#include "espalier/recipe/run.h"
#include "espalier/recipe/session.h"
#include "espalier/train/callbacks/early_stopping.h"
#include "espalier/train/evaluate.h"
#include "espalier/train/objectives/cross_entropy.h"
#include "espalier/train/objectives/regression.h"
#include "espalier/train/optimizers/adafactor.h"
#include "espalier/train/optimizers/adamw.h"
#include "espalier/train/optimizers/sgd.h"
#include "espalier/train/rules/plain.h"
#include "espalier/train/trainer.h"
