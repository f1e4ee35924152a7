/*
 * A firmware for recorded fixtures: 64 KiB of our own instead of somebody's BIOS, so that a recorded memory holds nothing
 * that is not ours, and every register and page in it is known beforehand.
 *
 * Each CPU enters long mode, fills its registers by a formula, and halts; the first one also writes patterns into memory,
 * starts the others, and says READY on the serial port. Made by `as` and `ld` (firmware.ts).
 *
 * Registers of CPU n, in the order rax rcx rdx rbx rsp rbp rsi rdi r8 … r15 = register number r:
 *   0xc0de00000000_0000 | n << 32 | r << 8 | 0x5a           (rsp too: nothing uses the stack by then)
 * FS base 0x0f500000 + n, GS base 0x06500000 + n, kernel GS base 0xffff800000000000 + n.
 * Memory: 64 pages at 2 MiB, 64 KiB apart, page k filled by k mod 4: 0 = words k << 32 | word number, 1 = bytes ff,
 * 2 = zeros but for a last byte of 1, 3 = zeros but for k = 3, 19, 35, 51, which are noise. The last page of RAM = "end of RAM".
 */

PAGES = 0x10000                 /* page tables: 4 GiB mapped to itself in pages of 2 MiB */
TABLES = 0x8000                 /* GDT in RAM (the task register's descriptor is written to), then the TSS */
AWAKE = 0x9000                  /* how many CPUs are done */
PATTERN = 0x200000
LAPIC = 0xfee00000

        .section .text, "ax"
        .code16
        /* Offset 0, physical 0xf0000: where a startup IPI with vector 0xf0 starts the other CPUs. */
real:   cli
        ljmp    $0xf000, $(1f - real)
1:      lgdtl   %cs:(gdt_pointer - real)
        mov     %cr0, %eax
        or      $1, %al
        mov     %eax, %cr0
        ljmpl   $0x08, $protected

        .code32
protected:
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     $1, %eax                /* every CPU writes the same tables: harmless */
        cpuid
        shr     $24, %ebx
        mov     %ebx, %ebp              /* which CPU this is */
        test    %ebp, %ebp
        jnz     tables_done

        mov     $PAGES, %edi            /* top table → next → four directories */
        mov     $(6 * 4096 / 4), %ecx
        xor     %eax, %eax
        rep stosl
        movl    $(PAGES + 0x1000 + 3), PAGES
        mov     $4, %ecx
        mov     $(PAGES + 0x2000 + 3), %eax
        mov     $(PAGES + 0x1000), %edi
1:      mov     %eax, (%edi)
        add     $0x1000, %eax
        add     $8, %edi
        loop    1b
        mov     $2048, %ecx
        mov     $0x83, %eax             /* present, writable, 2 MiB */
        mov     $(PAGES + 0x2000), %edi
1:      mov     %eax, (%edi)
        add     $0x200000, %eax
        add     $8, %edi
        loop    1b
        mov     $gdt, %esi              /* GDT into RAM */
        mov     $TABLES, %edi
        mov     $(gdt_end - gdt), %ecx
        rep movsb
tables_done:
        mov     $PAGES, %eax
        mov     %eax, %cr3
        mov     %cr4, %eax
        or      $0x620, %eax            /* PAE, OSFXSR, OSXMMEXCPT */
        mov     %eax, %cr4
        mov     $0xc0000080, %ecx       /* EFER: SCE, LME, NXE */
        rdmsr
        or      $0x901, %eax
        wrmsr
        mov     %cr0, %eax
        or      $0x80010000, %eax       /* PG, WP */
        mov     %eax, %cr0
        ljmp    $0x18, $long

        .code64
long:   lgdt    ram_gdt_pointer(%rip)
        lidt    idt_pointer(%rip)
        mov     $0x10, %eax
        mov     %eax, %ds
        mov     %eax, %es
        mov     %eax, %ss
        mov     %eax, %fs
        mov     %eax, %gs
        mov     %ebp, %ebx
        mov     $0xc0000100, %ecx       /* FS base */
        lea     0x0f500000(%rbx), %eax
        xor     %edx, %edx
        wrmsr
        inc     %ecx                    /* GS base */
        lea     0x06500000(%rbx), %eax
        wrmsr
        inc     %ecx                    /* kernel GS base */
        mov     %ebx, %eax
        mov     $0xffff8000, %edx
        wrmsr
        test    %ebx, %ebx
        jnz     finish

        mov     $0x20, %eax             /* the first CPU has a task register */
        ltr     %ax
        mov     $PATTERN, %edi          /* the patterns */
        xor     %ebx, %ebx
next:   mov     %ebx, %eax
        and     $3, %eax
        mov     %edi, %esi
        mov     $512, %ecx
        cmp     $1, %eax
        je      ones
        cmp     $2, %eax
        je      last
        cmp     $3, %eax
        je      noise
        xor     %edx, %edx              /* 0: numbered words */
1:      mov     %edx, (%rsi)
        mov     %ebx, 4(%rsi)
        add     $8, %rsi
        inc     %edx
        loop    1b
        jmp     done
ones:   movq    $-1, (%rsi)             /* 1: all ones */
        add     $8, %rsi
        loop    ones
        jmp     done
last:   movb    $1, 4095(%rsi)          /* 2: zero but for the last byte */
        jmp     done
noise:  mov     %ebx, %eax              /* 3: noise, in one page of four */
        and     $15, %eax
        cmp     $3, %eax
        jne     done
        lea     0x9e3779b9(%rbx), %eax
1:      mov     %eax, %edx              /* xorshift */
        shl     $13, %edx
        xor     %edx, %eax
        mov     %eax, %edx
        shr     $17, %edx
        xor     %edx, %eax
        mov     %eax, %edx
        shl     $5, %edx
        xor     %edx, %eax
        mov     %eax, (%rsi)
        mov     %eax, 4(%rsi)
        rorl    $7, 4(%rsi)
        add     $8, %rsi
        loop    1b
done:   add     $0x10000, %edi
        inc     %ebx
        cmp     $64, %ebx
        jne     next

        mov     $0x510, %edx            /* fw_cfg: select 3, the size of RAM: eight bytes, the first four are enough */
        mov     $3, %eax
        out     %ax, %dx
        xor     %ebx, %ebx
        mov     $0x511, %edx
        mov     $4, %ecx
1:      in      %dx, %al
        movzbl  %al, %eax
        or      %eax, %ebx
        ror     $8, %ebx
        loop    1b
        lea     end_of_ram(%rip), %rsi
        lea     -4096(%rbx), %edi
        mov     $10, %ecx
        rep movsb

        mov     $0x510, %edx            /* fw_cfg: select 5, how many CPUs */
        mov     $5, %eax
        out     %ax, %dx
        mov     $0x511, %edx
        in      %dx, %al
        movzbl  %al, %ebx
        dec     %ebx
        jz      ready
        mov     $LAPIC, %esi            /* all the others: INIT, startup at 0xf0000, and wait for them */
        movl    $0xc4500, 0x300(%rsi)
        mov     $1000000, %ecx
1:      pause
        loop    1b
        movl    $0xc46f0, 0x300(%rsi)
1:      pause
        cmp     %ebx, AWAKE
        jne     1b
ready:  lea     word(%rip), %rsi        /* the serial port takes a byte at any time: QEMU writes it out at once */
        mov     $0x3f8, %edx
        mov     $6, %ecx
        rep outsb

finish: mov     $0xc0de00000000, %rax   /* registers by the formula */
        shl     $16, %rax
        mov     %rbp, %rbx
        shl     $32, %rbx
        or      %rbx, %rax
        or      $0x5a, %rax
        test    %ebp, %ebp
        jz      1f
        lock incl AWAKE
1:      lea     0x100(%rax), %rcx
        lea     0x200(%rax), %rdx
        lea     0x300(%rax), %rbx
        lea     0x400(%rax), %rsp
        lea     0x500(%rax), %rbp
        lea     0x600(%rax), %rsi
        lea     0x700(%rax), %rdi
        lea     0x800(%rax), %r8
        lea     0x900(%rax), %r9
        lea     0xa00(%rax), %r10
        lea     0xb00(%rax), %r11
        lea     0xc00(%rax), %r12
        lea     0xd00(%rax), %r13
        lea     0xe00(%rax), %r14
        lea     0xf00(%rax), %r15
        stc
halt:   hlt
        jmp     halt

word:   .ascii  "READY\n"
end_of_ram: .ascii "end of RAM"

        .balign 16
gdt:    .quad   0
        .quad   0x00cf9b000000ffff      /* 08 code, 32 bits */
        .quad   0x00cf93000000ffff      /* 10 data */
        .quad   0x00af9b000000ffff      /* 18 code, 64 bits */
        .quad   0x0000890081000067      /* 20 TSS at TABLES + 0x100, 104 bytes */
        .quad   0
gdt_end:
gdt_pointer:
        .word   gdt_end - gdt - 1
        .long   gdt
ram_gdt_pointer:
        .word   gdt_end - gdt - 1
        .quad   TABLES
idt_pointer:
        .word   0x0fff
        .quad   0x7000

        /* Where every CPU starts after a reset: the last 16 bytes below 4 GiB. */
        .section .reset, "ax"
        .code16
        ljmp    $0xf000, $0
        .balign 16, 0
