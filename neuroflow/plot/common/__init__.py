"""What all figures share: axes and captions, style, labels, layout."""
