"""One peer of bench/duel start: the class of one sentence, the shortest way with transformers.

  python bench/peers/duel_predict.py MODEL TEXT
"""

import sys

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer

model, text = sys.argv[1:]
tokenizer = AutoTokenizer.from_pretrained(model)
network = AutoModelForSequenceClassification.from_pretrained(model).eval()
with torch.inference_mode():
    print(int(network(**tokenizer(text, return_tensors="pt", truncation=True)).logits.argmax()))
