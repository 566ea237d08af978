"""Images as pictures, in terminals that can: what they are told, as text. What tells them is `workbench.graphics`.

showing  which way there is, how large a picture comes out, what stands for it
kitty    by placeholders, filled by the terminal; sixel: six rows of pixels at a time
png      a PNG looked through; pixels: any image taken apart, where Pillow is
"""
