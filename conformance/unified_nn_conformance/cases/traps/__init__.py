"""The programs that show the traps of `unified_nn.vocabulary.traps`: for each trap one per vocabulary concerned."""
