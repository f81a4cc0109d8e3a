#!/bin/sh
# grep ends with 1 when nothing matches, which is no failure here.
LC_ALL=C grep -F zyzzyva || [ $? -eq 1 ]
