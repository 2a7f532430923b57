"""`python3 -m trainer`, as torchrun starts each process of a member."""

from trainer.main import main

main()
