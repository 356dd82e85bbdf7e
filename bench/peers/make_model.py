"""Makes a BERT of the shape of bert-base with random weights and the tokenizer of another folder: speed asks for no more.

  python bench/peers/make_model.py --tokenizer demo/all-MiniLM-L6-v2 --out FOLDER
"""

import argparse

import torch
from transformers import AutoTokenizer, BertConfig, BertModel

parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
parser.add_argument("--tokenizer", required=True, help="a Hugging Face folder")
parser.add_argument("--out", required=True)
args = parser.parse_args()
torch.manual_seed(0)
tokenizer = AutoTokenizer.from_pretrained(args.tokenizer)
tokenizer.save_pretrained(args.out)
BertModel(BertConfig(vocab_size=len(tokenizer))).save_pretrained(args.out)
