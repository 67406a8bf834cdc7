"""The learning rate schedules of `torch.optim.lr_scheduler` by family."""
