"""The whole exchange in one process and in no time: the real gateway, log cosigners and agencies on a simulated clock
and network, from a seed. A seed that fails is replayed exactly.
"""
