"""The workbench: the Textual app and the command line.

    __main__     the command line: one table of commands, each a module of `workbench.commands`, imported when called
    output       what commands print: rows for people or JSON lines, nothing from a log ever raw on a terminal
    commands/    one file a command
    app          the app; `screens/` and `widgets/` are what it shows, `keys` is the one table of keys
    view/        what screens show, as plain Python without Textual
    settings     what somebody wants otherwise for good; `keymap`: the keys they chose instead of ours
    remembered   what is kept from one run to the next: places, marks, what was typed, how things were arranged
    arriving     an import that goes on beside the app
    theme        what a role of text looks like; `styles/` lays screens out
    sgr          what is written to the terminal, in fewer bytes
    graphics     images of payloads as pictures, where the terminal can
    picture      the app without a terminal: keys in, what is then on the screen out
    queries      queries that are kept between runs: history, and those with a name
    external     other programs: the clipboard, an editor, a pager, any command
    crash        three lines and a report
    demo         the store that the project makes itself: `demo_script` writes sessions, `demo_stories` and
                 `demo_trouble` say what happens in them, `demo_live` goes on with one while somebody looks

The app is a window on the log (`runtime.store`, `runtime.reader`); it writes nothing to it.
"""
