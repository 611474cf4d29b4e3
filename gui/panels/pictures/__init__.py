"""The inspector's tab of pictures: kernels, feature maps, samples and a pooling's routing."""
