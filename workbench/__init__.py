"""The workbench: the Textual app and the command line.

    __main__     the command line: one table of commands, each a module of `workbench.commands`, imported when called
    output       what commands print: rows for people or JSON lines, nothing from a log ever raw on a terminal
    commands/    one file a command
    app          the app; `screens/` and `widgets/` are what it shows, `keys` is the one table of keys
    view/        what screens show, as plain Python without Textual
    kept/        what outlasts a run: settings, the keys somebody chose, what is remembered, saved queries
    arriving     an import that goes on beside the app
    theme        what a role of text looks like; `styles/` lays screens out
    sgr          what is written to the terminal, in fewer bytes
    graphics     images of payloads as pictures, where the terminal can
    picture      the app without a terminal: keys in, what is then on the screen out
    external     other programs: the clipboard, an editor, a pager, any command
    hangup       the terminal goes away, and the app with it
    crash        three lines and a report
    demo/        the store that the project makes itself, to look around in

The app is a window on the log (`runtime.store`, `runtime.reader`); it writes nothing to it.
"""
