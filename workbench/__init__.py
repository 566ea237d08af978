"""The workbench: the Textual app and the command line.

    __main__     the command line: one table of commands, each a module of `workbench.commands`, imported when called
    output       what commands print: rows for people or JSON lines, nothing from a log ever raw on a terminal
    commands/    one file a command
    app          the app; `screens/` and `widgets/` are what it shows, `keys` is the one table of keys
    view/        what screens show, as plain Python without Textual
    theme        what a role of text looks like; `styles/` lays screens out
    picture      the app without a terminal: keys in, what is then on the screen out
    external     other programs: the clipboard, an editor, a pager, any command
    crash        three lines and a report
    demo         the store that the project makes itself: `demo_script` writes sessions, `demo_stories` and
                 `demo_trouble` say what happens in them, `demo_live` goes on with one while somebody looks

The app is a window on the log (`runtime.store`, `runtime.reader`); it writes nothing to it.
"""
