"""Payloads as a person would write them down: pure functions from what is stored to lines, one module a kind.

    event      the door: which renderer an event's type has; Raw's lines where there is none or it cannot be done
    subject    what is known of the event that is shown, its counterpart included
    portion    how much of it may still be shown; text as lines
    blocks     content: text, images, and whatever else stands in it
    markdown   headings, lists, code, emphasis
    terminal   what a program wrote, colours included
    calls      a tool's input: a command, an edit, or plain fields
    diff       what an edit changes
    fields     any JSON as keys and values, without its punctuation
    usage      what a model request took: tokens, money, time
    image      what kind of image, how large; picture: one that could be shown

Everything here comes from a log, so every piece of text goes through `workbench.view.text.shown`.
"""
