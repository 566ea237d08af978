"""The store that the project makes itself, to look around in.

store    which sessions there are in it, and how it is made
script   writing a session: what people, agent and tools do
stories  sessions in which things go as they should; trouble: sessions in which they do not
live     goes on with one of them while somebody looks
"""
